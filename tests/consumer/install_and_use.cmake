# Installs the build into a new folder, builds the consumer against what is there, and runs it:
#   cmake -DBUILD=… -DSOURCE=… -DWORK=… -DCOMPILER=… -DSANITIZE=… -P install_and_use.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGV}\n${said}\nended with ${status}")
  endif()
  set(said "${said}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
foreach(part bin/wxpayctl share/man/man1/wxpayctl.1 share/bash-completion/completions/wxpayctl
             share/zsh/site-functions/_wxpayctl share/fish/vendor_completions.d/wxpayctl.fish
             lib/systemd/system/wxpayctl-reconcile@.service lib/systemd/system/wxpayctl-reconcile@.timer
             include/wxpay/ledger.hpp share/doc/wxpayctl/LICENSE share/doc/wxpayctl/README.md)
  if(NOT EXISTS ${WORK}/prefix/${part})
    message(FATAL_ERROR "not installed: ${part}")
  endif()
endforeach()
run(${WORK}/prefix/bin/wxpayctl --version)

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G Ninja "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
    -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_CXX_FLAGS=${flags}")
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
# The worked example of WeChat Pay's page on signatures (API v2, 4_3).
if(NOT said STREQUAL "9A0A8659F005D6984697E2CA0A9CF3B7\n")
  message(FATAL_ERROR "the consumer printed ${said}")
endif()
file(REMOVE_RECURSE ${WORK})
