/* base/log.h: one line of JSON an event, to standard error. Never a password, token, phone or identity number. */
#ifndef GX_BASE_LOG_H
#define GX_BASE_LOG_H

#include "base/error.h"

typedef enum gx_log_level { GX_LOG_DEBUG, GX_LOG_INFO, GX_LOG_WARNING, GX_LOG_ERROR, GX_LOG_NOTHING } gx_log_level; /* nothing: as a least level only */

void gx_log_set_level(gx_log_level least);
/* `event` is a constant such as "store.opened"; the format makes its detail. Thread-safe. */
void gx_log(gx_log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gx_log_error(const char *event, const gx_error *error);

#endif
