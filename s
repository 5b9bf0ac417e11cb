show
simulate
score
show
simulate
score
