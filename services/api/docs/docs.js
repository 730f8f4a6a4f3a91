/** Shows `/openapi.json` with Swagger UI. Runs in the browser. */
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  defaultModelsExpandDepth: 0,
  // It would ask a server on the Internet.
  validatorUrl: null,
});
