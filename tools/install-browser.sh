#!/bin/sh
# Installs Chromium, and a font with Persian letters, by the machine's package manager; does nothing where they are.
# CHROMIUM=/path/to/a/browser names another one. Exits with 1 where it could not: the tests then say so one by one.
set -u

have_browser() {
    for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        [ -n "$name" ] && command -v "$name" > /dev/null && return
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] || [ -x /Applications/Chromium.app/Contents/MacOS/Chromium ]
}

have_font() {
    ! command -v fc-list > /dev/null || [ -n "$(fc-list :lang=fa)" ]
}

have_browser && have_font && exit

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    sudo -n true 2> /dev/null || as_root=no
fi

if command -v brew > /dev/null; then
    install="brew install --quiet --cask chromium"
    as_root=
elif command -v apt-get > /dev/null; then
    install="apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-dejavu-core"
elif command -v dnf > /dev/null; then
    install="dnf install -y -q chromium fontconfig dejavu-sans-fonts"
elif command -v pacman > /dev/null; then
    install="pacman -Sy --noconfirm --needed chromium fontconfig ttf-dejavu"
elif command -v apk > /dev/null; then
    install="apk add --quiet chromium fontconfig font-dejavu"
else
    install=
fi

if [ -n "$install" ] && [ "$as_root" != no ]; then
    echo "Installing Chromium and a Persian font for the browser tests…"
    if DEBIAN_FRONTEND=noninteractive $as_root sh -c "$install" > /dev/null && have_browser; then
        exit
    fi
fi
echo "Chromium was not installed, so browser tests will fail. As root: ${install:-install Chromium}; or set CHROMIUM=/path/to/it." >&2
exit 1
