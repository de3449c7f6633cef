module lru

replace assay => ../fake

toolchain go9.9.9
