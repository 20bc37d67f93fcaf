// The precompiled header of every module is built with this file (cmake/nanika.cmake).
