// A shared library with the entry points of ROCm's libamdhip64.so that hip-python calls. Each hands the call to a table
// of functions that runtime.py fills in, in the Python process that loaded the library. Needs no libc and no headers.

typedef unsigned long size_type;

// hip_runtime_api.h's enumerators, as far as they are used here.
enum { success = 0, not_initialized = 3 };

// Python's C API, found in the process that loads this library.
extern int PyGILState_Ensure(void);
extern void PyGILState_Release(int);
extern void *PyImport_ImportModule(const char *);
extern void PyErr_Print(void);

#define ENTRIES(X)                                                                                            \
    X(hipInit, (unsigned flags), (flags))                                                                     \
    X(hipRuntimeGetVersion, (int *version), (version))                                                        \
    X(hipDriverGetVersion, (int *version), (version))                                                         \
    X(hipGetDeviceCount, (int *count), (count))                                                               \
    X(hipSetDevice, (int device), (device))                                                                   \
    X(hipGetDevicePropertiesR0600, (void *properties, int device), (properties, device))                      \
    X(hipMalloc, (void **address, size_type size), (address, size))                                           \
    X(hipFree, (void *address), (address))                                                                    \
    X(hipMemcpy, (void *to, void *from, size_type size, int kind), (to, from, size, kind))                    \
    X(hipMemset, (void *to, int value, size_type size), (to, value, size))                                    \
    X(hipModuleLoadData, (void **module, void *image), (module, image))                                       \
    X(hipModuleUnload, (void *module), (module))                                                              \
    X(hipModuleGetFunction, (void **function, void *module, const char *name), (function, module, name))      \
    X(hipModuleLaunchKernel,                                                                                  \
      (void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,          \
       unsigned lds, void *stream, void **parameters, void **extra),                                          \
      (function, gx, gy, gz, bx, by, bz, lds, stream, parameters, extra))                                     \
    X(hipDeviceSynchronize, (void), ())                                                                       \
    X(hipGetLastError, (void), ())                                                                            \
    X(hipEventCreate, (void **event), (event))                                                                \
    X(hipEventDestroy, (void *event), (event))                                                                \
    X(hipEventRecord, (void *event, void *stream), (event, stream))                                           \
    X(hipEventSynchronize, (void *event), (event))                                                            \
    X(hipEventElapsedTime, (float *milliseconds, void *start, void *stop), (milliseconds, start, stop))

#define FIELD(name, parameters, arguments) int(*name) parameters;
struct table {
    ENTRIES(FIELD)
    const char *(*hipGetErrorString)(int);
    const char *(*hipGetErrorName)(int);
};
__attribute__((visibility("default"))) struct table fakehip_table;

// Load the Python half on first use; it registers itself in the table.
static int ready(void) {
    static int asked;
    if (!asked) {
        asked = 1;
        int state = PyGILState_Ensure();
        if (!PyImport_ImportModule("fakehip.runtime")) PyErr_Print();
        PyGILState_Release(state);
    }
    return fakehip_table.hipInit != 0;
}

#define DEFINE(name, parameters, arguments)                            \
    __attribute__((visibility("default"))) int name parameters {       \
        return ready() ? fakehip_table.name arguments : not_initialized; \
    }
ENTRIES(DEFINE)

__attribute__((visibility("default"))) const char *hipGetErrorString(int error) {
    return ready() ? fakehip_table.hipGetErrorString(error) : "the stand-in runtime did not start";
}
__attribute__((visibility("default"))) const char *hipGetErrorName(int error) {
    return ready() ? fakehip_table.hipGetErrorName(error) : "hipErrorNotInitialized";
}
