/**
 * Bundles the test files that are its arguments into one `tests.mjs` in the working directory, which is
 * Stryker's copy of the tree. In one bundle the code that they share is loaded once for each mutant.
 */
import { build } from 'esbuild';

const imports = process.argv.slice(2).map((file) => `import './${file}';`);
await build({
  stdin: { contents: imports.join('\n'), resolveDir: process.cwd() },
  outfile: 'tests.mjs',
  ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external' },
  ...{ jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'error' },
});
