/** The page's build, and for work on it `npx vite dashboard` beside a running mesh: its API is asked at port 15080. */
import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: path.join(import.meta.dirname, '../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2022',
    // Inlined files would need a looser content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // On a busy machine everything takes long.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: { port: 15081, proxy: { '/api': 'http://127.0.0.1:15080' } },
})
