/* As much of OpenFX's C interface as a test needs, written down from its published order. */
#ifndef TESTS_OFX_H
#define TESTS_OFX_H
#include <stddef.h>

typedef int Status;
typedef void *Handle;
typedef struct { Handle host; const void *(*fetchSuite)(Handle, const char *, int); } OfxHost;
typedef Status Entry(const char *action, const void *handle, Handle in, Handle out);
typedef struct {
  const char *api; int apiVersion; const char *identifier; unsigned major, minor;
  void (*setHost)(OfxHost *); Entry *mainEntry;
} OfxPlugin;
typedef struct { double x1, y1, x2, y2; } OfxRectD;

typedef struct {
  Status (*setPointer)(Handle, const char *, int, void *);
  Status (*setString)(Handle, const char *, int, const char *);
  Status (*setDouble)(Handle, const char *, int, double);
  Status (*setInt)(Handle, const char *, int, int);
  Status (*setPointerN)(Handle, const char *, int, void *const *);
  Status (*setStringN)(Handle, const char *, int, const char *const *);
  Status (*setDoubleN)(Handle, const char *, int, const double *);
  Status (*setIntN)(Handle, const char *, int, const int *);
  Status (*getPointer)(Handle, const char *, int, void **);
  Status (*getString)(Handle, const char *, int, char **);
  Status (*getDouble)(Handle, const char *, int, double *);
  Status (*getInt)(Handle, const char *, int, int *);
  Status (*getPointerN)(Handle, const char *, int, void **);
  Status (*getStringN)(Handle, const char *, int, char **);
  Status (*getDoubleN)(Handle, const char *, int, double *);
  Status (*getIntN)(Handle, const char *, int, int *);
  Status (*reset)(Handle, const char *);
  Status (*dimension)(Handle, const char *, int *);
} PropertySuite;

typedef struct {
  Status (*getPropertySet)(Handle, Handle *);
  Status (*getParamSet)(Handle, Handle *);
  Status (*clipDefine)(Handle, const char *, Handle *);
  Status (*clipGetHandle)(Handle, const char *, Handle *, Handle *);
  Status (*clipGetPropertySet)(Handle, Handle *);
  Status (*clipGetImage)(Handle, double, const OfxRectD *, Handle *);
  Status (*clipReleaseImage)(Handle);
  Status (*clipGetRegionOfDefinition)(Handle, double, OfxRectD *);
  int (*abort)(Handle);
  Status (*imageMemoryAlloc)(Handle, size_t, Handle *);
  Status (*imageMemoryFree)(Handle);
  Status (*imageMemoryLock)(Handle, void **);
  Status (*imageMemoryUnlock)(Handle);
} EffectSuite;

typedef struct {
  Status (*define)(Handle, const char *, const char *, Handle *);
  Status (*getHandle)(Handle, const char *, Handle *, Handle *);
  Status (*setGetPropertySet)(Handle, Handle *);
  Status (*getPropertySet)(Handle, Handle *);
  Status (*getValue)(Handle, ...);
  Status (*getValueAtTime)(Handle, double, ...);
  Status (*getDerivative)(Handle, double, ...);
  Status (*getIntegral)(Handle, double, double, ...);
  Status (*setValue)(Handle, ...);
  Status (*setValueAtTime)(Handle, double, ...);
  Status (*getNumKeys)(Handle, unsigned *);
  Status (*getKeyTime)(Handle, unsigned, double *);
  Status (*getKeyIndex)(Handle, double, int, int *);
  Status (*deleteKey)(Handle, double);
  Status (*deleteAllKeys)(Handle);
  Status (*copy)(Handle, Handle, double, const double *);
  Status (*editBegin)(Handle, const char *);
  Status (*editEnd)(Handle);
} ParameterSuite;

typedef struct { Status (*alloc)(Handle, size_t, void **); Status (*free)(void *); } MemorySuite;
typedef struct {
  Status (*multiThread)(void (*)(unsigned, unsigned, void *), unsigned, void *);
  Status (*numCPUs)(unsigned *);
  Status (*index)(unsigned *);
  int (*isSpawned)(void);
  Status (*mutexCreate)(Handle *, int);
  Status (*mutexDestroy)(Handle);
  Status (*mutexLock)(Handle);
  Status (*mutexUnLock)(Handle);
  Status (*mutexTryLock)(Handle);
} ThreadSuite;
typedef struct {
  Status (*message)(Handle, const char *, const char *, const char *, ...);
  Status (*setPersistentMessage)(Handle, const char *, const char *, const char *, ...);
  Status (*clearPersistentMessage)(Handle);
} MessageSuite;
typedef struct {
  Status (*start)(Handle, const char *, const char *);
  Status (*update)(Handle, double);
  Status (*end)(Handle);
} ProgressSuite;
typedef struct {
  Status (*getTime)(Handle, double *);
  Status (*gotoTime)(Handle, double);
  Status (*getTimeBounds)(Handle, double *, double *);
} TimeLineSuite;

enum { OK = 0, FAILED = 1, MISSING_FEATURE = 4, YES = 12, NO = 13, DEFAULT = 14 };
#endif
