"""Tools from OpenAPI documents, and the executor that calls them."""
