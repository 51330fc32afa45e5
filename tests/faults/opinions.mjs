// What two other programs think of our letters. Reads a folder of NAME.mjml and NAME.html, prints one JSON document:
// mjml: mistakes by file; clients: for each mail program the features of any letter that it does not support.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';

const [folder, modules] = process.argv.slice(2);
const load = createRequire(join(modules, 'here.js'));
const mjml2html = load('mjml').default ?? load('mjml');
const { caniemail } = load('caniemail');
const clients = ['gmail.*', 'outlook.windows', 'outlook.macos', 'outlook.ios', 'apple-mail.*', 'yahoo.*', 'samsung-email.*'];
const found = { mjml: {}, clients: {} };

for (const name of readdirSync(folder).sort()) {
  const text = readFileSync(join(folder, name), 'utf8');
  if (name.endsWith('.mjml')) {
    const { errors } = await mjml2html(text, { validationLevel: 'soft', fonts: {} });
    if (errors.length) found.mjml[name] = errors.map((e) => e.formattedMessage);
  } else {
    for (const [client, issues] of caniemail({ clients, html: text }).issues.errors) {
      found.clients[client] = [...new Set([...(found.clients[client] ?? []), ...issues.map((i) => i.title)])].sort();
    }
  }
}
process.stdout.write(JSON.stringify(found));
