// The API's documentation page: <div id="docs" data-schema="/api/openapi.json"></div>. swagger-ui.js is loaded before.
const page = document.getElementById("docs");

globalThis.SwaggerUIBundle({
  domNode: page,
  url: page.dataset.schema,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [globalThis.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
