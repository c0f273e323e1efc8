// Webhooks on PostgreSQL: the same tests as on SQLite, on a database of their own.
import { after } from 'node:test';
import { makeDatabase } from './support.mjs';

const database = makeDatabase('webhooks');
process.env.GX_WEBHOOK_DATABASE = database.address;
await import('../api/webhooks.test.mjs');
after(() => database.drop());
