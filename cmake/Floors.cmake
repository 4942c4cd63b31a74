# One target a floor. wxpay_floor(NAME SOURCES … FLOORS … LIBRARIES …) makes
#   wxpay_NAME        the object library with the floor's code
#   wxpay_NAME_links  the same objects linked with nothing but the floors below, with no symbol left undefined:
#                     an include that points up a floor does not link
function(wxpay_floor name)
  cmake_parse_arguments(FLOOR "" "" "SOURCES;FLOORS;LIBRARIES" ${ARGN})
  add_library(wxpay_${name} OBJECT ${FLOOR_SOURCES})
  target_link_libraries(wxpay_${name} PRIVATE project_options ${FLOOR_LIBRARIES})
  set_target_properties(wxpay_${name} PROPERTIES WXPAY_LIBRARIES "${FLOOR_LIBRARIES}")
  wxpay_precompile(wxpay_${name})

  add_library(wxpay_${name}_links SHARED $<TARGET_OBJECTS:wxpay_${name}>)
  set_target_properties(wxpay_${name}_links PROPERTIES LINKER_LANGUAGE CXX)
  list(TRANSFORM FLOOR_FLOORS PREPEND wxpay_ OUTPUT_VARIABLE below)
  list(TRANSFORM below APPEND _links)
  target_link_libraries(wxpay_${name}_links PRIVATE project_options ${below} ${FLOOR_LIBRARIES})
  target_link_options(wxpay_${name}_links PRIVATE -Wl,--no-undefined)
endfunction()

# The standard headers that nearly every file includes, compiled once and shared by all floors.
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
