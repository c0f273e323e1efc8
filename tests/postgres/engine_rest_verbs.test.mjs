// The lesser verbs of /engine-rest on PostgreSQL: the same tests as on SQLite, on a database of their own.
import { after } from 'node:test';
import { makeDatabase } from './support.mjs';

const database = makeDatabase('engine_rest_verbs');
process.env.GX_ENGINE_DATABASE = database.address;
await import('../api/engine_rest_verbs.test.mjs');
after(() => database.drop());
