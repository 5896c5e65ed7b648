/* The smallest host: load, describe in every context, unload, twice over. For valgrind, which is
   slow and noisy with a Python around it. Usage: load_cycle HiFI.ofx; exit code 0 when all is well. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../ofx_host/ofx.h"


/* Property sets remember nothing but what the host itself says, and count what they are told. */
typedef struct { const char *name; const char *text; int number; } Known;
typedef struct { const Known *known; int told; } Set;

static const Known of_host[] = {
    {"OfxPropName", "org.hifi.LoadCycle", 0},
    {"OfxPropLabel", "Load cycle", 0},
    {"OfxImageEffectPropTemporalClipAccess", NULL, 1},
    {"OfxImageEffectPropSupportedContexts", "OfxImageEffectContextRetimer", 0},
    {NULL, NULL, 0}};
static Known of_context[] = {{"OfxImageEffectPropContext", NULL, 0}, {NULL, NULL, 0}};
static const Known nothing[] = {{NULL, NULL, 0}};
static Set host_set = {of_host, 0}, in_set = {of_context, 0}, any = {nothing, 0};

static const Known *find(Handle set, const char *name) {
  for (const Known *known = ((Set *)set)->known; known->name; known++)
    if (!strcmp(known->name, name)) return known;
  return NULL;
}

static Status told(Handle set, const char *name) {
  /* valgrind reads the name with us: it must be a string that lives. */
  return ((Set *)set)->told += strlen(name) > 0, OK;
}
static Status set_pointer(Handle s, const char *n, int i, void *v) { (void)i; (void)v; return told(s, n); }
static Status set_string(Handle s, const char *n, int i, const char *v) {
  (void)i;
  return strlen(v) < 100000 ? told(s, n) : FAILED;
}
static Status set_double(Handle s, const char *n, int i, double v) { (void)i; return v == v ? told(s, n) : FAILED; }
static Status set_int(Handle s, const char *n, int i, int v) { (void)i; return v > -2000000000 ? told(s, n) : FAILED; }
static Status set_strings(Handle s, const char *n, int count, const char *const *v) {
  for (int i = 0; i < count; i++) set_string(s, n, i, v[i]);
  return OK;
}
static Status set_doubles(Handle s, const char *n, int count, const double *v) {
  for (int i = 0; i < count; i++) set_double(s, n, i, v[i]);
  return OK;
}
static Status set_ints(Handle s, const char *n, int count, const int *v) {
  for (int i = 0; i < count; i++) set_int(s, n, i, v[i]);
  return OK;
}
static Status get_string(Handle s, const char *n, int i, char **v) {
  const Known *known = find(s, n);
  if (!known || !known->text || i) return 3;
  *v = (char *)known->text;
  return OK;
}
static Status get_int(Handle s, const char *n, int i, int *v) {
  const Known *known = find(s, n);
  if (!known || known->text || i) return 3;
  *v = known->number;
  return OK;
}
static Status get_pointer(Handle s, const char *n, int i, void **v) { (void)s; (void)n; (void)i; (void)v; return 3; }
static Status get_double(Handle s, const char *n, int i, double *v) { (void)s; (void)n; (void)i; (void)v; return 3; }
static Status get_dimension(Handle s, const char *n, int *v) {
  *v = find(s, n) != NULL;
  return *v ? OK : 3;
}
static const PropertySuite properties = {
    .setPointer = set_pointer, .setString = set_string, .setDouble = set_double, .setInt = set_int,
    .setStringN = set_strings, .setDoubleN = set_doubles, .setIntN = set_ints,
    .getPointer = get_pointer, .getString = get_string, .getDouble = get_double, .getInt = get_int,
    .dimension = get_dimension};

static Status get_set(Handle effect, Handle *set) { (void)effect; *set = &any; return OK; }
static Status define_clip(Handle effect, const char *name, Handle *set) {
  (void)effect;
  *set = &any;
  return strlen(name) ? OK : FAILED;
}
static const EffectSuite effects = {.getPropertySet = get_set, .getParamSet = get_set, .clipDefine = define_clip};

static int defined;
static Status define_param(Handle set, const char *type, const char *name, Handle *made) {
  (void)set;
  if (made) *made = &any;
  defined += strlen(type) && strlen(name);
  return OK;
}
static const ParameterSuite parameters = {.define = define_param};

static const void *fetch(Handle host, const char *name, int version) {
  if (host != &host_set || version != 1) return NULL;
  if (!strcmp(name, "OfxPropertySuite")) return &properties;
  if (!strcmp(name, "OfxImageEffectSuite")) return &effects;
  if (!strcmp(name, "OfxParameterSuite")) return &parameters;
  return NULL;
}

static int failed(const char *what, int status) {
  fprintf(stderr, "%s answers %d\n", what, status);
  return 1;
}

static int cycle(const char *path) {
  static const char *contexts[] = {"OfxImageEffectContextFilter", "OfxImageEffectContextGeneral",
                                   "OfxImageEffectContextRetimer"};
  OfxHost host = {&host_set, fetch};
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
  Status (*set_host)(const OfxHost *) = dlsym(library, "OfxSetHost");
  int (*count)(void) = dlsym(library, "OfxGetNumberOfPlugins");
  OfxPlugin *(*get)(int) = dlsym(library, "OfxGetPlugin");
  if (!count || !get || count() < 1) return failed("OfxGetNumberOfPlugins", 0);
  if (set_host && set_host(&host)) return failed("OfxSetHost", 1);
  OfxPlugin *plugin = get(0);
  plugin->setHost(&host);
  Status status = plugin->mainEntry("OfxActionLoad", NULL, NULL, NULL);
  if (status != OK && status != DEFAULT) return failed("Load", status);
  if ((status = plugin->mainEntry("OfxActionDescribe", &any, NULL, NULL)) != OK) return failed("Describe", status);
  for (int i = 0; i < 3; i++) {
    of_context[0].text = contexts[i];
    status = plugin->mainEntry("OfxImageEffectActionDescribeInContext", &any, &in_set, NULL);
    if (status != OK) return failed(contexts[i], status);
  }
  status = plugin->mainEntry("OfxActionUnload", NULL, NULL, NULL);
  if (status != OK && status != DEFAULT) return failed("Unload", status);
  return dlclose(library);
}

int main(int count, char **words) {
  if (count != 2) return 2;
  for (int i = 0; i < 2; i++)
    if (cycle(words[1])) return 1;
  printf("%d parameters, %d properties\n", defined, any.told);
  return defined > 20 && any.told > 100 ? 0 : 3;
}
