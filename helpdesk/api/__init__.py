"""JSON under /api/v1: the domain's functions with other faces. One module a resource; a handler finds, does, renders."""
