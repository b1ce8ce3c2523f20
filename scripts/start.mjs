/** `npm start`: installs what is missing, builds, serves the site, prints its address. PORT, default 4173. */
import { ensureBuilt, ensureInstalled } from './ensure.mjs';

try {
  ensureInstalled();
  ensureBuilt();
  const { serve } = await import('./serve.mjs');
  const port = Number(process.env.PORT ?? 4173);
  await serve({ port });
  console.log(`À la carte is at http://localhost:${port}/`);
} catch (error) {
  console.error(
    error.code === 'EADDRINUSE'
      ? `Port ${process.env.PORT ?? 4173} is taken: choose another, as in PORT=8080 npm start`
      : error.message,
  );
  process.exitCode = 1;
}
