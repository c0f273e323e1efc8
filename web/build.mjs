// Builds the page: bundles src/ into dist/ with hashed names, so that every file but index.html and sw.js may be
// cached for ever. index.html holds no inline script or style; the content policy forbids both.
//   node build.mjs            release build, prints what the first load weighs
//   node build.mjs --watch    rebuilds on change (development)
import { build as bundle, context } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const isWatching = process.argv.includes('--watch');
const firstLoadLimit = 400 * 1024;

/**
 * `import text from 'sheet:./form.css'`: a viewer's style as text, bundled and minified, so that it comes with the viewer and
 * not with the first load. The viewer adopts it as a constructed style sheet, which the content policy allows.
 */
const sheets = {
  name: 'sheets',
  setup(build) {
    build.onResolve({ filter: /^sheet:/ }, (found) => ({
      path: join(found.resolveDir, found.path.slice('sheet:'.length)),
      namespace: 'sheet',
    }));
    build.onLoad({ filter: /.*/, namespace: 'sheet' }, async (found) => {
      const result = await bundle({
        entryPoints: [found.path],
        bundle: true,
        minify: true,
        write: false,
        loader: { '.woff': 'empty', '.woff2': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'empty' },
      });
      return { contents: result.outputFiles[0].text, loader: 'text', watchFiles: [found.path] };
    });
  },
};

const options = {
  absWorkingDir: root,
  entryPoints: { main: 'src/main.tsx', style: 'src/styles/index.css' },
  outdir: 'dist/assets',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022'],
  minify: !isWatching,
  sourcemap: isWatching ? 'linked' : false,
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.woff': 'file', '.woff2': 'file', '.ttf': 'file', '.eot': 'empty', '.svg': 'file' },
  legalComments: 'linked',
  metafile: true,
  plugins: [sheets],
  logLevel: 'warning',
};

function name(metafile, entry) {
  const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entry);
  return '/' + relative('dist', found[0]);
}

/** The files a browser must fetch before the first screen: the entry and whatever it imports at once. */
function firstLoad(metafile, entry, seen = new Set()) {
  const path = Object.keys(metafile.outputs).find((key) => metafile.outputs[key].entryPoint === entry);
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const found of metafile.outputs[file].imports)
      if (found.kind === 'import-statement') visit(found.path);
  };
  visit(path);
  return seen;
}

function finish(metafile) {
  const script = name(metafile, 'src/main.tsx');
  const style = name(metafile, 'src/styles/index.css');
  const page = readFileSync(join(root, 'src/index.html'), 'utf8')
    .replace('{{script}}', script)
    .replace('{{style}}', style);
  writeFileSync(join(dist, 'index.html'), page);
  cpSync(join(root, 'public'), dist, { recursive: true });

  const worker = readFileSync(join(root, 'src/sw.js'), 'utf8');
  const assets = readdirSync(join(dist, 'assets')).filter((file) => /\.(js|css)$/.test(file) && !/^(decision|diagram|qrcode|sheet)-/.test(file));
  writeFileSync(
    join(dist, 'sw.js'),
    worker.replace("'{{shell}}'", JSON.stringify(['/', ...assets.map((file) => `/assets/${file}`)])),
  );

  const files = firstLoad(metafile, 'src/main.tsx');
  firstLoad(metafile, 'src/styles/index.css', files);
  let bytes = gzipSync(page).length;
  for (const file of files) bytes += gzipSync(readFileSync(join(root, file))).length;
  const language = Object.keys(metafile.outputs).filter((file) => /\/zh-[A-Z0-9]+\.js$/.test(file));
  for (const file of language) bytes += gzipSync(readFileSync(join(root, file))).length;
  console.log(`first load ${(bytes / 1024).toFixed(1)} kB compressed (limit ${firstLoadLimit / 1024} kB)`);
  if (bytes > firstLoadLimit) {
    console.error('the first load is over its limit: load more on demand');
    process.exit(1);
  }
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, 'assets'), { recursive: true });
if (isWatching) {
  const watcher = await context({
    ...options,
    plugins: [sheets, { name: 'page', setup: (b) => b.onEnd((result) => result.metafile && finish(result.metafile)) }],
  });
  await watcher.watch();
} else {
  const result = await bundle(options);
  finish(result.metafile);
}
