package chat

// expr is an expression of a template.
type expr interface {
	eval(r *run, s *scope) (any, error)
}

type (
	constant  struct{ value any }
	nameExpr  struct{ name string }
	listExpr  struct{ items []expr }
	tupleExpr struct{ items []expr }
	dictExpr  struct{ keys, values []expr }
	attrExpr  struct { // of.name
		of   expr
		name string
	}
	indexExpr struct{ of, index expr } // of[index]
	sliceExpr struct{ of, from, to, step expr }
	callExpr  struct {
		of   expr
		args argList
	}
	filterExpr struct { // of | name(args)
		of   expr // nil: the body of a filter block
		name string
		args argList
	}
	testExpr struct { // of is name(args)
		of   expr
		name string
		args argList
	}
	notExpr  struct{ of expr }
	signExpr struct { // -of or +of
		of       expr
		negative bool
	}
	binExpr struct {
		op          string
		left, right expr
	}
	boolExpr struct { // and, or
		or          bool
		left, right expr
	}
	compareExpr struct { // first op operand op operand ...
		first    expr
		ops      []string
		operands []expr
	}
	concatExpr struct{ parts []expr } // a ~ b ~ c
	condExpr   struct{ then, test, otherwise expr }
)
