import { defineConfig } from 'vite';

// Three files with fixed names: the server has a route for each, and its Content-Security-Policy allows nothing else.
export default defineConfig({
    base: '/_invoked/console/',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
        outDir: 'dist',
        assetsDir: '',
        target: 'es2022',
        modulePreload: false,
        assetsInlineLimit: 0,
        cssCodeSplit: false,
        rolldownOptions: {
            output: { entryFileNames: 'console.js', chunkFileNames: 'console.js', assetFileNames: 'console.[ext]' },
        },
    },
});
