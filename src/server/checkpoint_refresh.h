/* Keeps the lock of v->folder fresh, from begin to end. */
#ifndef LAC_SERVER_CHECKPOINT_REFRESH_H
#define LAC_SERVER_CHECKPOINT_REFRESH_H

#include "server/checkpoint.h"

void lac_refresh_begin(struct lac_survival *v);
/* Does no harm twice. */
void lac_refresh_end(struct lac_survival *v);

#endif
