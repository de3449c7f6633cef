import { defineConfig } from "vite";

const gateway = process.env.ASSAY_GATEWAY_URL ?? "http://127.0.0.1:8700";

export default defineConfig({
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": { target: gateway, ws: true } } },
});
