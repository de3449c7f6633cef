import { defineConfig } from "vite";

// One file with the DOM in which the judge opens submitted pages: it is mounted into sandboxes, which have no packages.
export default defineConfig({
  publicDir: false,
  build: {
    ssr: true,
    target: "node20",
    outDir: "../services/judge/bridge/dom",
    emptyOutDir: true,
    reportCompressedSize: false,
    rollupOptions: {
      input: { dom: "happy-dom" },
      output: {
        entryFileNames: "[name].mjs",
        codeSplitting: false,
        banner: "// happy-dom, https://github.com/capricorn86/happy-dom, MIT License",
      },
    },
  },
  ssr: { noExternal: true, target: "node" },
});
