// What people do with tasks over /engine-rest, on PostgreSQL: the same tests as on SQLite, on a database of their own.
import { after } from 'node:test';
import { makeDatabase } from './support.mjs';

const database = makeDatabase('engine_rest_tasks');
process.env.GX_ENGINE_DATABASE = database.address;
await import('../api/engine_rest_tasks.test.mjs');
after(() => database.drop());
