/* service/throttle.h: slows down whoever guesses passwords.
 * Two counts: failures of a name from an address, and failures of an address over all names. After a few free
 * ones each further try must wait, 1 s doubling to 15 minutes. A name is counted whether or not an account
 * has it, so that waiting tells nothing about who has an account; and it is counted per address, so that
 * nobody can lock somebody else out from elsewhere. An address is forgiven one failure a minute: many people
 * may stand behind it.
 * A try is counted before the password is looked at, so that tries at the same moment do not slip through.
 * Memory is fixed: when the table is full the count that has rested longest is taken over.
 * Thread-safe; time is an argument. Rule: reliability of sign-in, OWASP ASVS 5.0, 6.3.1. */
#ifndef GX_SERVICE_THROTTLE_H
#define GX_SERVICE_THROTTLE_H

#include "base/clock.h"
#include "base/text.h"

typedef struct gx_throttle gx_throttle;

enum { GX_THROTTLE_NAME_FREE = 4, GX_THROTTLE_ADDRESS_FREE = 30 };

gx_throttle *gx_throttle_create(void); /* NULL: no memory */
void gx_throttle_destroy(gx_throttle *throttle);

/* Counts a try of that name from that address (of an IPv6 address the first 64 bits count). False: not yet,
 * and nothing is counted. */
bool gx_throttle_take(gx_throttle *throttle, gx_text name, gx_text address, gx_instant now);
/* The try was no guess: forgets the name's failures from there, and this try of the address. */
void gx_throttle_forgive(gx_throttle *throttle, gx_text name, gx_text address);

#endif
