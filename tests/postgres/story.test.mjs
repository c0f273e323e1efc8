// The story of the API tests, told on PostgreSQL: the server reads the address from its environment.
import { after } from 'node:test';
import { makeDatabase } from './support.mjs';

const database = makeDatabase(`story_${process.pid}`);
process.env.GX_DB = database.address;
after(() => database.drop());
await import('../api/story.test.mjs');
