/* A small retimer that blends, to test the host with: right as it stands, and with one deliberate
   fault after `misbehave("name")`. Every `wrong("…")` below is a rule that the host must enforce. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ofx.h"

#define EXPORT __attribute__((visibility("default")))
#define ACTION(name) (!strcmp(action, "Ofx" name))

static OfxHost *host;
static const PropertySuite *prop;
static const EffectSuite *effects;
static const ParameterSuite *params;
static const MemorySuite *memory;
static const ThreadSuite *threads;
static const MessageSuite *messages;
static const ProgressSuite *progress;
static const TimeLineSuite *timeline;
static char fault[64];
static void *left;

EXPORT void misbehave(const char *name) { snprintf(fault, sizeof fault, "%s", name); }
static int wrong(const char *name) { return !strcmp(fault, name); }

static void set_host(OfxHost *given) {
  host = given;
  if (wrong("suite in setHost")) host->fetchSuite(host->host, "OfxPropertySuite", 1);
}

static Status load(void) {
  prop = host->fetchSuite(host->host, "OfxPropertySuite", 1);
  effects = host->fetchSuite(host->host, "OfxImageEffectSuite", 1);
  params = host->fetchSuite(host->host, "OfxParameterSuite", 1);
  memory = host->fetchSuite(host->host, "OfxMemorySuite", 1);
  threads = host->fetchSuite(host->host, "OfxMultiThreadSuite", 1);
  messages = host->fetchSuite(host->host, "OfxMessageSuite", 2);
  progress = host->fetchSuite(host->host, "OfxProgressSuite", 2);
  timeline = host->fetchSuite(host->host, "OfxTimeLineSuite", 1);
  if (wrong("unknown suite")) host->fetchSuite(host->host, "OfxWishfulSuite", 1);
  if (wrong("load fails")) return FAILED;
  return prop && effects && params ? OK : FAILED;
}

static Status describe(Handle effect) {
  Handle p;
  effects->getPropertySet(effect, &p);
  prop->setString(p, "OfxPropLabel", 0, "Blend");
  prop->setString(p, "OfxImageEffectPluginPropGrouping", 0, "HiFI/Tests");
  const char *contexts[] = {"OfxImageEffectContextFilter", "OfxImageEffectContextGeneral",
                            "OfxImageEffectContextRetimer"};
  prop->setStringN(p, "OfxImageEffectPropSupportedContexts", 3, contexts);
  prop->setString(p, "OfxImageEffectPropSupportedPixelDepths", 0, "OfxBitDepthFloat");
  prop->setString(p, "OfxImageEffectPluginRenderThreadSafety", 0,
                  wrong("value") ? "Sometimes" : "OfxImageEffectRenderInstanceSafe");
  prop->setInt(p, "OfxImageEffectPluginPropHostFrameThreading", 0, 0);
  prop->setInt(p, "OfxImageEffectPropTemporalClipAccess", 0, !wrong("temporal mismatch"));
  prop->setInt(p, "OfxImageEffectPropSupportsTiles", 0, wrong("tiles"));
  if (wrong("unknown property")) prop->setInt(p, "OfxPropWishful", 0, 1);
  if (wrong("type")) prop->setInt(p, "OfxPropLabel", 0, 1);
  if (wrong("index")) prop->setString(p, "OfxPropLabel", 3, "Blend");
  if (wrong("place")) prop->setDouble(p, "OfxImageEffectPropRenderScale", 0, 1.0);
  if (wrong("null string")) prop->setString(p, "OfxPropLabel", 0, NULL);
  if (wrong("count")) {
    int three[] = {1, 2, 3};
    prop->setIntN(p, "OfxImageEffectPropSupportsTiles", 3, three);
  }
  return wrong("describe declines") ? MISSING_FEATURE : OK;
}

static void define_clip(Handle effect, const char *name, int temporal) {
  Handle p;
  effects->clipDefine(effect, name, &p);
  prop->setString(p, "OfxImageEffectPropSupportedComponents", 0, "OfxImageComponentRGBA");
  prop->setInt(p, "OfxImageEffectPropTemporalClipAccess", 0, temporal);
  prop->setInt(p, "OfxImageEffectPropSupportsTiles", 0, wrong("tiles"));
  if (wrong("optional source") && temporal) prop->setInt(p, "OfxImageClipPropOptional", 0, 1);
}

static Handle define(Handle set, const char *type, const char *name) {
  Handle p;
  params->define(set, type, name, &p);
  prop->setString(p, "OfxPropLabel", 0, name);
  return p;
}

static void define_params(Handle set) {
  Handle p = define(set, "OfxParamTypeGroup", "timing");
  p = define(set, "OfxParamTypeDouble", "speed");
  prop->setDouble(p, "OfxParamPropDefault", 0, 1.0);
  prop->setDouble(p, "OfxParamPropMin", 0, 0.0);
  prop->setDouble(p, "OfxParamPropMax", 0, 100.0);
  prop->setDouble(p, "OfxParamPropDisplayMin", 0, 0.0);
  if (!wrong("no range")) prop->setDouble(p, "OfxParamPropDisplayMax", 0, 2.0);
  prop->setString(p, "OfxParamPropParent", 0, wrong("parent") ? "nothing" : "timing");
  p = define(set, "OfxParamTypeInteger", "count");
  int limits[] = {0, 10};
  prop->setInt(p, "OfxParamPropDefault", 0, 3);
  prop->setIntN(p, "OfxParamPropMin", 1, &limits[0]);
  prop->setIntN(p, "OfxParamPropDisplayMin", 1, &limits[0]);
  prop->setIntN(p, "OfxParamPropMax", 1, &limits[1]);
  prop->setIntN(p, "OfxParamPropDisplayMax", 1, &limits[1]);
  p = define(set, "OfxParamTypeChoice", "mode");
  prop->setString(p, "OfxParamPropChoiceOption", 0, "blend");
  prop->setString(p, "OfxParamPropChoiceOption", 1, "nearest");
  prop->setInt(p, "OfxParamPropDefault", 0, wrong("choice") ? 2 : 0);
  if (wrong("kind of parameter")) prop->setDouble(p, "OfxParamPropIncrement", 0, 0.1);
  p = define(set, "OfxParamTypeBoolean", "on");
  prop->setInt(p, "OfxParamPropDefault", 0, 1);
  p = define(set, "OfxParamTypeDouble2D", "offset");
  double zero[] = {0.25, 0.5};
  prop->setDoubleN(p, "OfxParamPropDefault", 2, zero);
  p = define(set, "OfxParamTypeString", "note");
  prop->setString(p, "OfxParamPropDefault", 0, "first");
  define(set, "OfxParamTypePushButton", "press");
  if (wrong("same name")) define(set, "OfxParamTypeInteger", "count");
}

static Status describe_in_context(Handle effect, Handle in) {
  char *context;
  prop->getString(in, "OfxImageEffectPropContext", 0, &context);
  int retimer = !strcmp(context, "OfxImageEffectContextRetimer");
  if (!wrong("no source")) define_clip(effect, "Source", 1);
  define_clip(effect, "Output", 0);
  Handle set, p;
  effects->getParamSet(effect, &set);
  define_params(set);
  if (retimer && !wrong("no SourceTime")) {
    params->define(set, "OfxParamTypeDouble", "SourceTime", &p);
    if (wrong("labeled SourceTime")) prop->setString(p, "OfxPropLabel", 0, "Source time");
  }
  return wrong("context declines") ? MISSING_FEATURE : OK;
}

static Handle param(Handle effect, const char *name) {
  Handle set, found;
  effects->getParamSet(effect, &set);
  return params->getHandle(set, name, &found, NULL) == OK ? found : NULL;
}

static Handle clip(Handle effect, const char *name, Handle *p) {
  Handle found;
  effects->clipGetHandle(effect, name, &found, p);
  return found;
}

static int retimes(Handle effect) {
  Handle p;
  char *context;
  effects->getPropertySet(effect, &p);
  prop->getString(p, "OfxImageEffectPropContext", 0, &context);
  return !strcmp(context, "OfxImageEffectContextRetimer");
}

static double source_time(Handle effect, double time) {
  Handle p;
  double range[2], found;
  if (retimes(effect)) {
    params->getValueAtTime(param(effect, "SourceTime"), time, &found);
    return found;
  }
  clip(effect, "Source", &p);
  prop->getDoubleN(p, "OfxImageEffectPropFrameRange", 2, range);
  params->getIntegral(param(effect, "speed"), range[0], time, &found);
  found += range[0];
  return found < range[0] ? range[0] : found > range[1] ? range[1] : found;
}

typedef struct {
  Handle handle;
  char *data;
  int bounds[4], row;
} Image;

static int fetch(Handle from, double time, Image *image) {
  void *data;
  if (effects->clipGetImage(from, time, NULL, &image->handle) != OK) return 0;
  prop->getPointer(image->handle, "OfxImagePropData", 0, &data);
  prop->getIntN(image->handle, "OfxImagePropBounds", 4, image->bounds);
  prop->getInt(image->handle, "OfxImagePropRowBytes", 0, &image->row);
  image->data = data;
  return 1;
}

static float *pixel(Image *image, int x, int y) {
  static float black[4];
  int *b = image->bounds;
  if (!image->data || x < b[0] || y < b[1] || x >= b[2] || y >= b[3]) {
    memset(black, 0, sizeof black);
    return black;
  }
  return (float *)(image->data + (ptrdiff_t)(y - b[1]) * image->row + (ptrdiff_t)(x - b[0]) * 16);
}

static void blend(Image *out, Image *first, Image *second, float share, const int *window) {
  for (int y = window[1]; y < window[3]; y++)
    for (int x = window[0]; x < window[2]; x++)
      for (int c = 0; c < 4; c++) {
        float left = pixel(first, x, y)[c], right = pixel(second, x, y)[c];
        pixel(out, x, y)[c] = (1 - share) * left + share * right;
      }
}

static void *ask(void *effect) {
  effects->abort(effect);
  return NULL;
}

static void misrender(Handle effect, Handle in, Image *out, Image *first, const int *w) {
  double value;
  Handle p;
  if (wrong("unwritten")) memset(pixel(out, w[0], w[1]), 0xFF, 16);
  if (wrong("nan")) pixel(out, w[0] + 1, w[1])[2] = NAN;
  if (wrong("outside")) pixel(out, w[0], w[1])[-1] = 1;
  if (wrong("padding")) pixel(out, w[2] - 1, w[1])[5] = 1;
  if (wrong("input") && first->data) pixel(first, w[0], w[1])[0] += 1;
  if (wrong("getValue in Render")) params->getValue(param(effect, "speed"), &value);
  if (wrong("setValue in Render")) params->setValue(param(effect, "speed"), 1.0);
  if (wrong("property of Render")) prop->getDouble(in, "OfxImageEffectPropFrameStep", 0, &value);
  if (wrong("fetchSuite in Render")) host->fetchSuite(host->host, "OfxMemorySuite", 1);
  if (wrong("clipDefine in Render")) effects->clipDefine(effect, "Extra", &p);
  if (wrong("not a handle")) effects->abort(out->handle);
  if (wrong("unknown clip")) effects->clipGetHandle(effect, "Wish", &p, NULL);
  if (wrong("unknown parameter")) param(effect, "wish");
  if (wrong("memory left")) memory->alloc(effect, 10, &left);
  if (wrong("memory overrun")) {
    void *bytes;
    memory->alloc(effect, 10, &bytes);
    ((char *)bytes)[10] = 1;
    memory->free(bytes);
  }
  if (wrong("own thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, ask, effect);
    pthread_join(thread, NULL);
  }
  if (wrong("message type")) messages->message(effect, "OfxMessageShout", "", "%s", "hello");
  if (wrong("progress not started")) progress->update(effect, 0.5);
  if (wrong("progress not ended")) progress->start(effect, "blending", "");
  if (wrong("mutex")) {
    Handle mutex;
    threads->mutexCreate(&mutex, 0);
    threads->mutexUnLock(mutex);
    threads->mutexDestroy(mutex);
  }
}

static Status render(Handle effect, Handle in) {
  double time;
  int window[4];
  Image out = {0}, first = {0}, second = {0};
  prop->getDouble(in, "OfxPropTime", 0, &time);
  prop->getIntN(in, "OfxImageEffectPropRenderWindow", 4, window);
  double s = source_time(effect, time), left_time = floor(s), share = s - left_time;
  Handle source = clip(effect, "Source", NULL);
  if (effects->abort(effect)) return FAILED;
  if (!fetch(clip(effect, "Output", NULL), time, &out)) return FAILED;
  int one = fetch(source, left_time, &first);
  int two = share > 0 && fetch(source, left_time + 1, &second);
  if (wrong("not needed")) {
    Image extra;
    if (fetch(source, left_time + 5, &extra)) effects->clipReleaseImage(extra.handle);
  }
  blend(&out, &first, &second, (float)share, window);
  misrender(effect, in, &out, &first, window);
  if (one && !wrong("not released")) effects->clipReleaseImage(first.handle);
  if (one && wrong("released twice")) effects->clipReleaseImage(first.handle);
  if (one && wrong("dead handle")) prop->getInt(first.handle, "OfxImagePropRowBytes", 0, &first.row);
  if (two) effects->clipReleaseImage(second.handle);
  effects->clipReleaseImage(out.handle);
  return wrong("Render by default") ? DEFAULT : OK;
}

static Status frames_needed(Handle effect, Handle in, Handle out) {
  double time;
  prop->getDouble(in, "OfxPropTime", 0, &time);
  double s = source_time(effect, time), range[] = {floor(s), ceil(s), 7};
  prop->setDoubleN(out, "OfxImageClipPropFrameRange_Source", wrong("pairs") ? 3 : 2, range);
  return OK;
}

static Status identity(Handle effect, Handle in, Handle out) {
  double time;
  prop->getDouble(in, "OfxPropTime", 0, &time);
  double s = source_time(effect, time);
  if (wrong("fetch in IsIdentity")) {
    Image image;
    fetch(clip(effect, "Source", NULL), time, &image);
  }
  if (s != floor(s)) return DEFAULT;
  prop->setString(out, "OfxPropName", 0, wrong("identity of nothing") ? "Wish" : "Source");
  prop->setDouble(out, "OfxPropTime", 0, s);
  return OK;
}

static Status changed(Handle effect, Handle in) {
  char *name, text[32];
  prop->getString(in, "OfxPropName", 0, &name);
  if (wrong("endless change")) {
    params->setValue(param(effect, "speed"), 2.0);
    return OK;
  }
  if (strcmp(name, "press")) return DEFAULT;
  int count, mode, on;
  double speed, x, y, now;
  char *note;
  params->getValue(param(effect, "speed"), &speed);
  params->getValue(param(effect, "count"), &count);
  params->getValue(param(effect, "mode"), &mode);
  params->getValue(param(effect, "on"), &on);
  params->getValue(param(effect, "offset"), &x, &y);
  params->getValue(param(effect, "note"), &note);
  snprintf(text, sizeof text, "%s", note);
  timeline->getTime(effect, &now);
  messages->message(effect, "OfxMessageMessage", "", "%d %d %d %s %g %g %g at %g", count, mode, on,
                    text, speed, x, y, now);
  params->setValue(param(effect, "count"), count + 1);
  params->setValue(param(effect, "mode"), 1);
  params->setValue(param(effect, "offset"), x + 1, y + 1);
  params->setValue(param(effect, "note"), "second");
  params->setValueAtTime(param(effect, "speed"), 10.0, 0.5);
  return OK;
}

static Status create(Handle effect) {
  Handle p;
  effects->getPropertySet(effect, &p);
  prop->setPointer(p, "OfxPropInstanceData", 0, malloc(16));
  return OK;
}

static Status destroy(Handle effect) {
  Handle p;
  void *data;
  effects->getPropertySet(effect, &p);
  prop->getPointer(p, "OfxPropInstanceData", 0, &data);
  free(data);
  return OK;
}

static Status entry(const char *action, const void *handle, Handle in, Handle out) {
  Handle effect = (Handle)handle;
  if (ACTION("ActionLoad")) return load();
  if (ACTION("ActionDescribe")) return describe(effect);
  if (ACTION("ImageEffectActionDescribeInContext")) return describe_in_context(effect, in);
  if (ACTION("ActionCreateInstance")) return create(effect);
  if (ACTION("ActionDestroyInstance")) return destroy(effect);
  if (ACTION("ActionInstanceChanged")) return changed(effect, in);
  if (ACTION("ImageEffectActionGetFramesNeeded")) return frames_needed(effect, in, out);
  if (ACTION("ImageEffectActionIsIdentity")) return identity(effect, in, out);
  if (ACTION("ImageEffectActionRender")) return render(effect, in);
  return wrong("unknown action") ? OK : DEFAULT;
}

static OfxPlugin plugin = {"OfxImageEffectPluginAPI", 1, "org.hifi.tests.Blend", 1, 0, set_host,
                           entry};
EXPORT int OfxGetNumberOfPlugins(void) { return 1; }
EXPORT OfxPlugin *OfxGetPlugin(int nth) { return nth == 0 ? &plugin : NULL; }
EXPORT Status OfxSetHost(const OfxHost *given) {
  set_host((OfxHost *)given);
  return OK;
}
