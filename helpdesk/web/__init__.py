"""What pages and API share: the visit, sessions, templates, answers to errors, headers. Below console, portal, api and live."""
