import { PHASE_DEVELOPMENT_SERVER } from 'next/constants.js';

const server = process.env.TINCAN_SERVER ?? 'http://localhost:3000';

/** The development server passes calls on to the lab. What is built is files, for `tincan lab --ui out`. */
export default (phase) => ({
  // It has the component that both share.
  transpilePackages: ['tincan-example-react'],
  ...(phase === PHASE_DEVELOPMENT_SERVER
    ? { rewrites: async () => [{ source: '/api/:path*', destination: `${server}/api/:path*` }] }
    : { output: 'export' }),
});
