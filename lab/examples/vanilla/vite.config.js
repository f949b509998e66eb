// Any server with a proxy does.
const server = process.env.TINCAN_SERVER ?? 'http://localhost:3000';
export default { server: { proxy: { '/api': { target: server, ws: true }, '/dev': server } } };
