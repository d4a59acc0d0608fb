package transfer

import (
	"fmt"

	"github.com/neuralnuggets/nugget/formats/tokenizer"
	"github.com/neuralnuggets/nugget/plugins/arch"
	"github.com/neuralnuggets/nugget/plugins/arch/archpb"
)

// embedding is an embedding or an unembedding of both models.
type embedding struct{ student, teacher *arch.Module }

// lookup reports whether it is the input embedding, whose factors are those of the
// matrix [d, vocab], as PEFT has them; the unembedding's is [vocab, d].
func (e embedding) lookup() bool { return e.student.Kind == arch.Embedding }

// matchEmbeddings matches embeddings and unembeddings where a token's row is the same
// token's in both models.
func (p *plan) matchEmbeddings() error {
	if p.opts.Modules != All && p.opts.Modules != Embeddings {
		return nil
	}
	if why := p.embeddingsDiffer(); why != "" {
		p.leaveOut("embeddings", why)
		return nil
	}
	for _, role := range []archpb.Role{archpb.Role_ROLE_EMBED, archpb.Role_ROLE_UNEMBED} {
		e := embedding{outside(p.student.Arch, role), outside(p.teacher.Arch, role)}
		if e.student.In > e.teacher.In && !p.opts.AllowSmaller {
			return tooSmall(fmt.Errorf("%s: the student's rows have %d entries, but the teacher's, of %s, have only %d",
				e.student.Path, e.student.In, e.teacher.Path, e.teacher.In), "pads the window with zeros")
		}
		if err := p.checkRank(e.student.Path, min(e.student.In, e.teacher.In), e.student.Out); err != nil {
			return err
		}
		p.embeddings = append(p.embeddings, e)
	}
	return nil
}

// embeddingsDiffer says why embeddings are not transferred; "": they are.
func (p *plan) embeddingsDiffer() string {
	for _, m := range []struct {
		who string
		a   *arch.Architecture
	}{{"student", p.student.Arch}, {"teacher", p.teacher.Arch}} {
		embed, unembed := outside(m.a, archpb.Role_ROLE_EMBED), outside(m.a, archpb.Role_ROLE_UNEMBED)
		if embed == nil || unembed == nil {
			return "the " + m.who + " lacks one of them"
		}
		if unembed.TiedTo != "" {
			return fmt.Sprintf("the %s's %s and %s share one weight", m.who, embed.Path, unembed.Path)
		}
	}
	for _, role := range []archpb.Role{archpb.Role_ROLE_EMBED, archpb.Role_ROLE_UNEMBED} {
		if s, t := outside(p.student.Arch, role), outside(p.teacher.Arch, role); s.Out != t.Out {
			return fmt.Sprintf("the student's vocabulary has %d rows and the teacher's %d", s.Out, t.Out)
		}
	}
	return p.tokensDiffer()
}

// tokensDiffer compares the token tables, where both models have a tokenizer.
func (p *plan) tokensDiffer() string {
	s, errS := p.student.Checkpoint.Tokenizer()
	t, errT := p.teacher.Checkpoint.Tokenizer()
	for _, err := range []error{errS, errT} {
		if err != nil {
			p.opts.Message(fmt.Sprintf("embeddings: taken because their rows are equal; the tokens were not compared: %v", err))
			return ""
		}
	}
	return firstDifference(s, t)
}

func firstDifference(student, teacher *tokenizer.Tokenizer) string {
	for id := range int32(max(student.VocabSize(), teacher.VocabSize())) {
		s, inS := student.Token(id)
		t, inT := teacher.Token(id)
		if s != t || inS != inT {
			return fmt.Sprintf("token %d is %s for the student and %s for the teacher", id, quoted(s, inS), quoted(t, inT))
		}
	}
	return ""
}

func quoted(token string, ok bool) string {
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%q", token)
}

// outside is the module of a role outside the layers, or nil.
func outside(a *arch.Architecture, role archpb.Role) *arch.Module {
	for _, m := range a.Modules {
		if m.Layer == arch.Outside && m.Role == role {
			return m
		}
	}
	return nil
}
