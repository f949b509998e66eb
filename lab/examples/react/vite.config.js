import react from '@vitejs/plugin-react';

const server = process.env.TINCAN_SERVER ?? 'http://localhost:3000';
export default {
  plugins: [react()],
  server: { proxy: { '/api': { target: server, ws: true } } },
};
