import { svelte } from '@sveltejs/vite-plugin-svelte';

const server = process.env.TINCAN_SERVER ?? 'http://localhost:3000';
export default {
  plugins: [svelte()],
  server: { proxy: { '/api': { target: server, ws: true } } },
};
