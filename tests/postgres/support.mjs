// What the tests on PostgreSQL share: a database of their own on the server whose address tests/postgres.py gives.
import { spawnSync } from 'node:child_process';

const address = process.env.GX_TEST_POSTGRES;
const socket = address?.match(/host=(\S+)/)?.[1];

/** Runs one statement; gives rows as lines, columns parted by "|". */
export function sql(database, text) {
  const done = spawnSync('psql', ['-h', socket, '-U', 'gaoxing', '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAtc', text], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${text}: ${done.stderr}`);
  return done.stdout.trim().split('\n').filter(Boolean);
}

/** A new database; `address` is what --db takes. */
export function makeDatabase(name) {
  if (!address) throw new Error('no server: run through tests/postgres.py');
  sql('gaoxing', `CREATE DATABASE ${name}`);
  return { name, address: `host=${socket} user=gaoxing dbname=${name}`, sql: (text) => sql(name, text), drop: () => sql('gaoxing', `DROP DATABASE ${name} WITH (FORCE)`) };
}
