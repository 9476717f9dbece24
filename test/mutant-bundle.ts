/**
 * Bundles the test files that are its arguments into one `tests.mjs` in the working directory, which is
 * Stryker's copy of the tree. In one bundle the code that they share is loaded once for each mutant.
 */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** What a file reads beside itself lies where it did before it was bundled. */
const ownUrls: Plugin = {
  name: 'own-urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.tsx?$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      const loader = path.endsWith('x') ? 'tsx' : 'ts';
      return { contents: code.replaceAll('import.meta.url', url), loader };
    });
  },
};

const imports = process.argv.slice(2).map((file) => `import './${file}';`);
await build({
  stdin: { contents: imports.join('\n'), resolveDir: process.cwd() },
  outfile: 'tests.mjs',
  ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
  ...{ jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'error', plugins: [ownUrls] },
});
