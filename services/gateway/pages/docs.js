"use strict";

// The description shows this key; a request that is really sent gets one of its own, or a second try with another body
// would be refused as a reuse of the first one's key.
const SHOWN_KEY = "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d12";

function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function withFreshKey(request) {
  for (const name of Object.keys(request.headers)) {
    if (name.toLowerCase() === "idempotency-key" && request.headers[name] === SHOWN_KEY) {
      request.headers[name] = freshKey();
    }
  }
  return request;
}

window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#api",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    defaultModelRendering: "example",
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    requestInterceptor: withFreshKey,
    tryItOutEnabled: true,
    syntaxHighlight: { activated: true, theme: "idea" },
    validatorUrl: null,
  });
});
