# What every target of the project is compiled with; nothing is set globally.
add_library(project_options INTERFACE)
target_compile_features(project_options INTERFACE cxx_std_20)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(project_options INTERFACE WXPAYCTL_VERSION="${PROJECT_VERSION}")
# Designated initializers leave out what stays at its default; that is what they are for.
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wno-missing-field-initializers
  # To clang a parameter hides a name of the file's as well; GCC's builds refuse what hides one within a function.
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow>
  # GCC 12 sees dangers in joined std::strings that are not there, here and there by level of optimisation.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>
  $<$<BOOL:${WXPAYCTL_WERROR}>:-Werror>)

if(WXPAYCTL_HARDEN)
  target_compile_options(project_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
    -D_GLIBCXX_ASSERTIONS)
  target_link_options(project_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
if(WXPAYCTL_SANITIZE)
  target_compile_options(project_options INTERFACE
    -fsanitize=${WXPAYCTL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=${WXPAYCTL_SANITIZE})
endif()

# A program with the address sanitizer holds a million addresses of what it watches. Linked for a fixed place it need
# not relocate them at every start, which takes a third less time; the process tests start thousands.
function(wxpay_link_for_a_fixed_place)
  if(WXPAYCTL_SANITIZE MATCHES "address")
    set_target_properties(${ARGN} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  endif()
endfunction()
