# cmake -DLINKER= -DOBJCOPY= -DNM= -DREADELF= -DPARTS_FILE= -DOUTPUT=x.o -P merge_object.cmake
# Merges the parts, makes what is hidden local, and refuses an object that could not be linked into any
# program: foreign undefined symbols, static constructors, section groups, an executable stack.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT code EQUAL 0)
    file(REMOVE ${OUTPUT})
    message(FATAL_ERROR "${ARGN}: ${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

function(refuse reason)
  file(REMOVE ${OUTPUT})
  message(FATAL_ERROR "vitgen_runtime.o: ${reason}")
endfunction()

file(STRINGS ${PARTS_FILE} parts)
set(merged ${OUTPUT}.tmp)
# Groups would be folded with those of another library although their symbols are local by then.
run(${LINKER} -r --force-group-allocation -o ${merged} ${parts})
run(${OBJCOPY} --localize-hidden --strip-debug ${merged} ${OUTPUT})
file(REMOVE ${merged})
if("thread" IN_LIST SANITIZE)  # not a product: it needs the sanitizer's runtime
  return()
endif()

# libc and pthread, and dlopen, which older C libraries have in libdl; nothing of libm, libstdc++,
# libgcc.
set(allowed
  aligned_alloc bcmp calloc clock_gettime close dlclose dlopen dlsym fcntl fcntl64 free fstat fstat64 getpid madvise malloc
  memchr memcmp memcpy memmove memset mmap mmap64 munmap open open64 pread pread64 read
  pthread_attr_destroy pthread_attr_init pthread_attr_setstacksize pthread_create pthread_join
  pthread_setname_np pthread_sigmask sched_getaffinity sigdelset sigfillset strchr strcmp strcspn
  strlen strncmp strrchr strstr syscall sysconf __errno_location
  vitgen_rt_table _GLOBAL_OFFSET_TABLE_)
run(${NM} --undefined-only --format=just-symbols ${OUTPUT})
string(REGEX MATCHALL "[^\n]+" undefined "${text}")
foreach(symbol IN LISTS undefined)
  if(NOT symbol IN_LIST allowed)
    refuse("needs '${symbol}', which is not of libc or pthread")
  endif()
endforeach()

run(${NM} --defined-only --extern-only --format=just-symbols ${OUTPUT})
string(REGEX MATCHALL "[^\n]+" defined "${text}")
foreach(symbol IN LISTS defined)
  if(NOT symbol MATCHES "^(vitgen_api_|halide_)")
    refuse("shows '${symbol}'")
  endif()
endforeach()
foreach(symbol vitgen_api_run halide_do_par_for halide_malloc halide_error_out_of_memory)
  if(NOT symbol IN_LIST defined)
    refuse("lacks '${symbol}'")
  endif()
endforeach()

run(${READELF} --sections --wide ${OUTPUT})
foreach(section .init_array .ctors .fini_array .tdata .tbss .group .gnu.warning)
  if(text MATCHES " \\${section}[. \n]")
    refuse("has a section ${section}")
  endif()
endforeach()
if(NOT text MATCHES "\\.note\\.GNU-stack +PROGBITS +[0-9a-f]+ +[0-9a-f]+ +[0-9a-f]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+")
  refuse("has no .note.GNU-stack, or an executable one")
endif()
