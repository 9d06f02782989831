# vitgen_add_library(<target> MODEL <file>
#                    [CONFIG <config.json>]      default: the one beside the model
#                    [NAME <name>]               of the library and its symbols; default: <target>
#                    [TARGETS <isa>...]          "x86-64-avx2" ...; default: host
#                    [BATCH <n>...]              batch sizes with code of their own; default: 1
#                    [IMAGE <H>x<W>] [INPUT f32|u8] [OUTPUTS <output>...]
#                    [WEIGHTS file|embed]        default: file
#                    [DIRECTORY <dir>]           default: ${CMAKE_CURRENT_BINARY_DIR}/<name>
#                    [OPTIONS <option>...]       passed to `vitgen generate` as they are
#                    [DEPENDS <file>...])        further files of the model, such as its shards
#
# Generates a library when the program is built, again when the model changes, and makes <target>
# (also <name>::<name>, as find_package(<name>) would) to link with. <target>_WEIGHTS is the path
# of the weights file.

cmake_minimum_required(VERSION 3.25)

function(vitgen_add_library target)
  set(single MODEL CONFIG NAME IMAGE INPUT WEIGHTS DIRECTORY)
  set(several TARGETS BATCH OUTPUTS OPTIONS DEPENDS)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "${single}" "${several}")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vitgen_add_library(${target}): unknown ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT ARG_MODEL)
    message(FATAL_ERROR "vitgen_add_library(${target}): MODEL is missing")
  endif()
  if(NOT ARG_NAME)
    set(ARG_NAME ${target})
  endif()
  if(NOT ARG_TARGETS)
    set(ARG_TARGETS host)
  endif()
  if(NOT ARG_DIRECTORY)
    set(ARG_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${ARG_NAME})
  endif()
  cmake_path(ABSOLUTE_PATH ARG_MODEL NORMALIZE)
  vitgen_generate_options(options)

  set(archive ${ARG_DIRECTORY}/lib${ARG_NAME}.a)
  set(outputs ${archive} ${ARG_DIRECTORY}/${ARG_NAME}.h ${ARG_DIRECTORY}/${ARG_NAME}.manifest.json)
  set(weights "")
  if(NOT ARG_WEIGHTS STREQUAL "embed")
    set(weights ${ARG_DIRECTORY}/${ARG_NAME}.weights)
    list(APPEND outputs ${weights})
  endif()
  add_custom_command(OUTPUT ${outputs}
    COMMAND vitgen::vitgen -q generate ${options}
    DEPENDS vitgen::vitgen ${ARG_MODEL} ${ARG_CONFIG} ${ARG_DEPENDS}
    COMMENT "Generating ${ARG_NAME} from ${ARG_MODEL}"
    VERBATIM)
  add_custom_target(${target}_generate DEPENDS ${outputs})

  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  file(MAKE_DIRECTORY ${ARG_DIRECTORY})  # an include directory must exist at configure time
  add_library(${target} STATIC IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${archive}
    IMPORTED_LINK_INTERFACE_LANGUAGES C
    INTERFACE_INCLUDE_DIRECTORIES ${ARG_DIRECTORY}
    INTERFACE_LINK_LIBRARIES "Threads::Threads;m")
  add_dependencies(${target} ${target}_generate)
  add_library(${ARG_NAME}::${ARG_NAME} ALIAS ${target})
  set(${target}_WEIGHTS "${weights}" PARENT_SCOPE)
endfunction()

# The command line of `vitgen generate` from the ARG_ variables of vitgen_add_library.
macro(vitgen_generate_options out)
  set(${out} --model ${ARG_MODEL} --name ${ARG_NAME} --emit a -o ${ARG_DIRECTORY})
  if(ARG_CONFIG)
    cmake_path(ABSOLUTE_PATH ARG_CONFIG NORMALIZE)
    list(APPEND ${out} --config ${ARG_CONFIG})
  endif()
  foreach(key IMAGE INPUT WEIGHTS)
    if(ARG_${key})
      string(TOLOWER ${key} flag)
      list(APPEND ${out} --${flag} ${ARG_${key}})
    endif()
  endforeach()
  foreach(pair TARGETS:target BATCH:batch OUTPUTS:outputs)
    string(REGEX MATCH "^([A-Z]+):([a-z]+)$" matched ${pair})
    if(ARG_${CMAKE_MATCH_1})
      list(JOIN ARG_${CMAKE_MATCH_1} "," joined)
      list(APPEND ${out} --${CMAKE_MATCH_2} ${joined})
    endif()
  endforeach()
  list(APPEND ${out} ${ARG_OPTIONS})
endmacro()
