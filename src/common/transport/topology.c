#include <string.h>

#include "transport/post.h"

static const char *const names[LAC_TOPOLOGIES] = {"star", "ring", "allgather"};

const char *lac_topology_name(enum lac_topology topology)
{
    return names[topology];
}

lac_status lac_topology_find(const char *name, enum lac_topology *topology)
{
    for (size_t i = 0; i < LAC_TOPOLOGIES; i++) {
        if (strcmp(name, names[i]) == 0) {
            *topology = (enum lac_topology)i;
            return LAC_OK;
        }
    }
    return LAC_FAIL(LAC_E_USAGE, "'%s' is none of star, ring, allgather", name);
}
