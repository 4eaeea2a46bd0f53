// Runs before what is started as TypeScript: an older Node would only say that it does not know the extension `.ts`.
// npm scripts look into `node_modules/.bin` first, where `npm ci` puts the right Node.
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(`This needs Node 24 or newer; found ${process.versions.node}. Run \`npm ci\`: it brings one along.`)
  process.exit(1)
}
