import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server that `npm run dev` shows, such as one started by `make run`.
const server = process.env.MILLRACE ?? 'http://127.0.0.1:9090';

export default defineConfig({
  plugins: [react()],
  build: {
    // Below dist, so that a build leaves the committed placeholder alone.
    outDir: 'dist/app',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // the content policy allows no data: scripts or fonts
    reportCompressedSize: false,
  },
  server: {
    port: 5173,
    proxy: {
      '/api': {
        target: server,
        changeOrigin: true,
        // The server takes requests from its own pages only, and this page is another's.
        configure: (proxy) => proxy.on('proxyReq', (req) => req.removeHeader('origin')),
      },
    },
  },
});
