// Which of the page's places belong to whom. Rights are the server's: this only decides what is worth showing.
import type { Session } from './types';

function holds(session: Session | null, wanted: RegExp): boolean {
  return Boolean(session?.person.roles.some((role) => wanted.test(role)));
}

export const isApplicant = (session: Session | null) => holds(session, /^(applicant|agent)$/);
export const isWindow = (session: Session | null) => holds(session, /^window/);
export const isReviewer = (session: Session | null) => holds(session, /^(reviewer|head$|department[-_]head|lead[-_]reviewer)/);
export const isHead = (session: Session | null) => holds(session, /^(head|department[-_]head)/);
export const isLeader = (session: Session | null) => holds(session, /^leader/);
export const isAdmin = (session: Session | null) => holds(session, /^(admin|administrator|system)/);
export const isAuditor = (session: Session | null) => holds(session, /^(auditor|admin|administrator)/);
export const isOperator = (session: Session | null) => holds(session, /^(operator|admin|administrator|system)/);
export const isStaff = (session: Session | null) => Boolean(session) && !isApplicant(session);

/** Where a person's first question is answered. */
export function homeOf(session: Session | null): string {
  if (isWindow(session)) return '/window';
  if (isReviewer(session)) return '/tasks';
  if (isAdmin(session)) return '/admin/packages';
  if (isAuditor(session)) return '/admin/audit';
  if (isStaff(session)) return '/registers/project';
  return '/';
}
