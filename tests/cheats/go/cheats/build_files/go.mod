module submission

go 1.21

replace assay => ./fake

replace assay/candidate => ./fake
