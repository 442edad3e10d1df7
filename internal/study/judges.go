package study

// known are all figures that arms can be compared by, with the kind of trial that has
// them.
var known = []struct {
	kind string
	Judge
}{
	{Pretrain, Judge{"kept", "knives kept", Higher}},
	{Pretrain, Judge{"contrast", "contrast recovered", Higher}},
	{Pretrain, Judge{"detected", "knives detected", Higher}},
	{Pretrain, Judge{"false_knives", "false knives", Lower}},
	{Pretrain, Judge{"mse", "error, MSE", Lower}},
	{Pretrain, Judge{"knife_mse", "error on knives, MSE", Lower}},
	{Pretrain, Judge{"background_mse", "error elsewhere, MSE", Lower}},
	{Pretrain, Judge{"auroc", "presence, AUROC", Higher}},
	{Pretrain, Judge{"r2_x", "column, R²", Higher}},
	{Pretrain, Judge{"r2_x_mlp", "column, R² of MLP", Higher}},
	{Pretrain, Judge{"r2_y", "row, R²", Higher}},
	{Pretrain, Judge{"acc_y", "height, accuracy", Higher}},
	{Pretrain, Judge{"r2_player", "player x, R²", Higher}},
	{Train, Judge{"score", "score", Higher}},
	{Train, Judge{"median", "median score", Higher}},
	{Train, Judge{"human_normalised", "score, human-normalised", Higher}},
	{Train, Judge{"knife_hit_rate", "knives that hit", Lower}},
}

// judgeNames lists the judges of a kind of trial.
func judgeNames(kind string) (all []string) {
	for _, k := range known {
		if k.kind == kind {
			all = append(all, k.Name)
		}
	}
	return all
}

// judges returns those that a plan names.
func (p Plan) judges() (all []Judge) {
	for _, name := range p.Judges {
		for _, k := range known {
			if k.kind == p.Kind && k.Name == name {
				all = append(all, k.Judge)
			}
		}
	}
	return all
}
