# One target a layer. wxpay_layer(NAME SOURCES … LAYERS … LIBRARIES …) makes
#   wxpay_NAME        the object library with the layer's code
#   wxpay_NAME_links  the same objects linked with nothing but the layers below, with no symbol left undefined:
#                     an include that points up a layer does not link
function(wxpay_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LAYERS;LIBRARIES" ${ARGN})
  add_library(wxpay_${name} OBJECT ${LAYER_SOURCES})
  target_link_libraries(wxpay_${name} PRIVATE project_options ${LAYER_LIBRARIES})
  set_target_properties(wxpay_${name} PROPERTIES WXPAY_LIBRARIES "${LAYER_LIBRARIES}")
  wxpay_precompile(wxpay_${name})
  wxpay_join(wxpay_${name})

  add_library(wxpay_${name}_links SHARED $<TARGET_OBJECTS:wxpay_${name}>)
  set_target_properties(wxpay_${name}_links PROPERTIES LINKER_LANGUAGE CXX)
  list(TRANSFORM LAYER_LAYERS PREPEND wxpay_ OUTPUT_VARIABLE below)
  list(TRANSFORM below APPEND _links)
  target_link_libraries(wxpay_${name}_links PRIVATE project_options ${below} ${LAYER_LIBRARIES})
  target_link_options(wxpay_${name}_links PRIVATE -Wl,--no-undefined)
endfunction()

# The standard headers that nearly every file includes, compiled once and shared by all layers.
function(wxpay_precompile target)
  if(NOT WXPAYCTL_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET wxpay_precompiled)
    file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "")
    add_library(wxpay_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(wxpay_precompiled PRIVATE project_options)
    target_precompile_headers(wxpay_precompiled PRIVATE
      <algorithm> <chrono> <filesystem> <functional> <map> <memory> <optional> <string> <string_view> <variant>
      <vector>)
  endif()
  target_precompile_headers(${target} REUSE_FROM wxpay_precompiled)
endfunction()
