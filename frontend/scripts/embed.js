// For other sites: <script src="https://help.example.com/forms/embed.js" data-form="contact" async></script>
// Puts the form's frame where the script stands, as high as the form.
{
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const { form, language, theme, title } = script.dataset;
  const url = new URL(`/forms/${encodeURIComponent(form)}?embed=1`, home);
  if (language) url.searchParams.set("lang", language);
  if (theme) url.searchParams.set("theme", theme);
  const frame = Object.assign(document.createElement("iframe"), { src: url.href, title: title ?? form });
  Object.assign(frame.style, { display: "block", width: "100%", height: "40rem", border: "0" });
  if (theme) frame.style.colorScheme = theme;
  addEventListener("message", ({ origin, source, data }) => {
    const isOurs = origin === home && source === frame.contentWindow && data?.helpdesk === "height";
    if (isOurs && data.height > 0 && data.height < 20_000) frame.style.height = `${data.height}px`;
  });
  script.after(frame);
}
