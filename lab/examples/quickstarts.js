const vite = ['vite', '--strictPort', '--port'];

/** How each is served for developers, and where its files are: `npm run build` has made them. */
export const QUICKSTARTS = {
  vanilla: { dev: vite, files: 'vanilla' },
  react: { dev: vite, files: 'react/dist' },
  vue: { dev: vite, files: 'vue/dist' },
  svelte: { dev: vite, files: 'svelte/dist' },
  next: { dev: ['next', 'dev', '--port'], files: 'next/out' },
};
