/* $summary.
   Written by $program. Bytes for hipModuleLoadData: kerntrack_find(gcnArchName)->bytes. */
#ifndef KERNTRACK_KERNELS_H
#define KERNTRACK_KERNELS_H

#include <stddef.h>
#include <string.h>

/* Pairs of kernel and architecture that were never checked. */
#define KERNTRACK_UNVERIFIED $unverified

#if defined(_MSC_VER)
#define KERNTRACK_ALIGNED __declspec(align(64))
#else
#define KERNTRACK_ALIGNED __attribute__((aligned(64)))
#endif

struct kerntrack_kernel {
    const char *name;
    const char *parameters; /* types and names as in the source */
    unsigned max_threads;   /* launch bound: work-items that a workgroup may have */
};

static const struct kerntrack_kernel kerntrack_kernels[] = {
$kernels
};

struct kerntrack_code_object {
    const char *arch;
    const char *sha256;
    const unsigned char *bytes;
    size_t size;
};

$arrays

static const struct kerntrack_code_object kerntrack_code_objects[] = {
$objects
};

/* The code object for a target id (gfx90a, gfx90a:sramecc+:xnack-), or NULL. */
static inline const struct kerntrack_code_object *kerntrack_find(const char *target_id) {
    size_t length = strcspn(target_id, ":"), i;
    for (i = 0; i < sizeof kerntrack_code_objects / sizeof *kerntrack_code_objects; ++i) {
        const struct kerntrack_code_object *object = kerntrack_code_objects + i;
        if (strlen(object->arch) == length && !strncmp(object->arch, target_id, length)) return object;
    }
    return NULL;
}

#endif
