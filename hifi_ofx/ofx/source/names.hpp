// The words of the OpenFX interface that this plug-in says or listens to. Some of them differ from
// the names of their macros in the standard's headers: the words are what counts.
#pragma once

namespace ofx::name {

inline constexpr char api[] = "OfxImageEffectPluginAPI";

// Actions
inline constexpr char load[] = "OfxActionLoad";
inline constexpr char unload[] = "OfxActionUnload";
inline constexpr char describe[] = "OfxActionDescribe";
inline constexpr char describe_in_context[] = "OfxImageEffectActionDescribeInContext";
inline constexpr char create[] = "OfxActionCreateInstance";
inline constexpr char destroy[] = "OfxActionDestroyInstance";
inline constexpr char changed[] = "OfxActionInstanceChanged";
inline constexpr char sync[] = "OfxActionSyncPrivateData";
inline constexpr char purge[] = "OfxActionPurgeCaches";
inline constexpr char get_definition[] = "OfxImageEffectActionGetRegionOfDefinition";
inline constexpr char get_interest[] = "OfxImageEffectActionGetRegionsOfInterest";
inline constexpr char get_frames[] = "OfxImageEffectActionGetFramesNeeded";
inline constexpr char get_domain[] = "OfxImageEffectActionGetTimeDomain";
inline constexpr char is_identity[] = "OfxImageEffectActionIsIdentity";
inline constexpr char begin_sequence[] = "OfxImageEffectActionBeginSequenceRender";
inline constexpr char render[] = "OfxImageEffectActionRender";

// Contexts
inline constexpr char filter[] = "OfxImageEffectContextFilter";
inline constexpr char general[] = "OfxImageEffectContextGeneral";
inline constexpr char retimer[] = "OfxImageEffectContextRetimer";

// Properties of hosts, effects and actions
inline constexpr char name[] = "OfxPropName";
inline constexpr char version[] = "OfxPropVersion";
inline constexpr char version_label[] = "OfxPropVersionLabel";
inline constexpr char label[] = "OfxPropLabel";
inline constexpr char short_label[] = "OfxPropShortLabel";
inline constexpr char long_label[] = "OfxPropLongLabel";
inline constexpr char description[] = "OfxPropPluginDescription";
inline constexpr char type[] = "OfxPropType";
inline constexpr char time[] = "OfxPropTime";
inline constexpr char reason[] = "OfxPropChangeReason";
inline constexpr char user_edited[] = "OfxChangeUserEdited";
inline constexpr char type_parameter[] = "OfxTypeParameter";
inline constexpr char instance_data[] = "OfxPropInstanceData";
inline constexpr char grouping[] = "OfxImageEffectPluginPropGrouping";
inline constexpr char context[] = "OfxImageEffectPropContext";
inline constexpr char contexts[] = "OfxImageEffectPropSupportedContexts";
inline constexpr char depths[] = "OfxImageEffectPropSupportedPixelDepths";
inline constexpr char depth_float[] = "OfxBitDepthFloat";
inline constexpr char thread_safety[] = "OfxImageEffectPluginRenderThreadSafety";
inline constexpr char fully_safe[] = "OfxImageEffectRenderFullySafe";
inline constexpr char frame_threading[] = "OfxImageEffectPluginPropHostFrameThreading";
inline constexpr char temporal_access[] = "OfxImageEffectPropTemporalClipAccess";
inline constexpr char tiles[] = "OfxImageEffectPropSupportsTiles";
inline constexpr char multi_resolution[] = "OfxImageEffectPropSupportsMultiResolution";
inline constexpr char multiple_depths[] = "OfxImageEffectPropMultipleClipDepths";
inline constexpr char multiple_aspects[] = "OfxImageEffectPropSupportsMultipleClipPARs";
inline constexpr char render_twice[] = "OfxImageEffectPluginPropFieldRenderTwiceAlways";
inline constexpr char single_instance[] = "OfxImageEffectPluginPropSingleInstance";
inline constexpr char sequential[] = "OfxImageEffectInstancePropSequentialRender";
inline constexpr char frame_range[] = "OfxImageEffectPropFrameRange";
inline constexpr char render_window[] = "OfxImageEffectPropRenderWindow";
inline constexpr char render_scale[] = "OfxImageEffectPropRenderScale";
inline constexpr char definition[] = "OfxImageEffectPropRegionOfDefinition";
inline constexpr char project_size[] = "OfxImageEffectPropProjectSize";
inline constexpr char project_offset[] = "OfxImageEffectPropProjectOffset";
inline constexpr char interactive[] = "OfxImageEffectPropInteractiveRenderStatus";
inline constexpr char draft[] = "OfxImageEffectPropRenderQualityDraft";
inline constexpr char thumbnail_render[] = "OfxImageEffectPropThumbnailRender";
inline constexpr char resolve_thumbnail[] = "kOfxImageClipPropThumbnail";

// Clips and images
inline constexpr char source[] = "Source";
inline constexpr char output[] = "Output";
inline constexpr char components[] = "OfxImageEffectPropComponents";
inline constexpr char supported_components[] = "OfxImageEffectPropSupportedComponents";
inline constexpr char rgba[] = "OfxImageComponentRGBA";
inline constexpr char optional[] = "OfxImageClipPropOptional";
inline constexpr char frames_of_source[] = "OfxImageClipPropFrameRange_Source";
inline constexpr char interest_of_source[] = "OfxImageClipPropRoI_Source";
inline constexpr char depth[] = "OfxImageEffectPropPixelDepth";
inline constexpr char data[] = "OfxImagePropData";
inline constexpr char bounds[] = "OfxImagePropBounds";
inline constexpr char image_definition[] = "OfxImagePropRegionOfDefinition";
inline constexpr char aspect[] = "OfxImagePropPixelAspectRatio";
inline constexpr char row_bytes[] = "OfxImagePropRowBytes";

// Parameters
inline constexpr char integer[] = "OfxParamTypeInteger";
inline constexpr char real[] = "OfxParamTypeDouble";
inline constexpr char boolean[] = "OfxParamTypeBoolean";
inline constexpr char choice[] = "OfxParamTypeChoice";
inline constexpr char string[] = "OfxParamTypeString";
inline constexpr char group[] = "OfxParamTypeGroup";
inline constexpr char push_button[] = "OfxParamTypePushButton";
inline constexpr char source_time[] = "SourceTime";
inline constexpr char standard[] = "OfxParamPropDefault";
inline constexpr char minimum[] = "OfxParamPropMin";
inline constexpr char maximum[] = "OfxParamPropMax";
inline constexpr char shown_minimum[] = "OfxParamPropDisplayMin";
inline constexpr char shown_maximum[] = "OfxParamPropDisplayMax";
inline constexpr char increment[] = "OfxParamPropIncrement";
inline constexpr char digits[] = "OfxParamPropDigits";
inline constexpr char double_type[] = "OfxParamPropDoubleType";
inline constexpr char double_plain[] = "OfxParamDoubleTypePlain";
inline constexpr char animates[] = "OfxParamPropAnimates";
inline constexpr char enabled[] = "OfxParamPropEnabled";
inline constexpr char persistent[] = "OfxParamPropPersistant";
inline constexpr char evaluates[] = "OfxParamPropEvaluateOnChange";
inline constexpr char invalidation[] = "OfxParamPropCacheInvalidation";
inline constexpr char change_to_end[] = "OfxParamInvalidateValueChangeToEnd";
inline constexpr char invalidate_all[] = "OfxParamInvalidateAll";
inline constexpr char parent[] = "OfxParamPropParent";
inline constexpr char hint[] = "OfxParamPropHint";
inline constexpr char script_name[] = "OfxParamPropScriptName";
inline constexpr char option[] = "OfxParamPropChoiceOption";

// Messages
inline constexpr char error[] = "OfxMessageError";
inline constexpr char warning[] = "OfxMessageWarning";

}  // namespace ofx::name
