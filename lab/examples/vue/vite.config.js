import vue from '@vitejs/plugin-vue';

const server = process.env.TINCAN_SERVER ?? 'http://localhost:3000';
export default {
  plugins: [vue()],
  server: { proxy: { '/api': { target: server, ws: true } } },
};
