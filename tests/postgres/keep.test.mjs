// Old cases leave a store on PostgreSQL as they do on SQLite; of two servers one does it.
import { after } from 'node:test';
import { makeDatabase } from './support.mjs';

const database = makeDatabase(`keep_${process.pid}`);
process.env.GX_DB = database.address;
await import('../api/keep.test.mjs');
after(() => database.drop());
