import { defineConfig } from 'holdfast';

const origin = process.env['DEMO_ORIGIN'] ?? 'http://127.0.0.1:8090';
const site = process.env['DEMO_SITE'] ?? 'http://127.0.0.1:8080';

// biome-ignore lint/style/noDefaultExport: a configuration file exports its configuration
export default defineConfig({
  site: { name: 'Tidemark', url: site },
  origin: { url: origin, requestsPerSecond: 10, concurrency: 2 },
  lanes: [
    { name: 'hot', paths: ['/', '/2025/02/come-and-count-with-us/', '/feed/'], every: '1m' },
    { name: 'archive', sitemap: '/wp-sitemap.xml', crawl: { from: ['/'] }, every: '10m', limit: 500 },
  ],
  analytics: [{ use: 'pixel' }],
  compose: { templates: '../../../templates', content: '../../../content' },
  run: { listen: process.env['DEMO_STATUS'] ?? '127.0.0.1:8787' },
  destinations: [{ use: 'mirror', dir: '../../../mirror' }],
});
